"""The backend-for-frontend: everything between an HTTP request and the money."""
