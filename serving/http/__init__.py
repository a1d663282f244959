"""HTTP: the ASGI application, requests and responses, problems, the OpenAPI document."""
