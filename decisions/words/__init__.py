"""What decisions are said in: columns, states, predictions and reasons in plain English and Japanese."""
