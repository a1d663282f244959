"""What developers run on the code itself: reference pages, lock and audit checks. Never installed, never imported by a room."""
