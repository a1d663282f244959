"""Personal data by content: detection in values, removal from rows, masking in messages."""
