"""Who redeems a coupon that was mailed: the product's answer model and its peers, each campaign foretold from those before it."""
