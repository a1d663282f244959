"""Work list over HTTP: request and reply of tasks."""
