"""What a contact adds, learnt from logged contacts against those held back; ``effect`` is the door, the rest its parts."""
