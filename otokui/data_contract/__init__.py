"""The data contract: tables that come in, their columns, keys and rules, and names as shops write them."""
