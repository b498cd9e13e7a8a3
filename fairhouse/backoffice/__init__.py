"""Staff: pages, actions with roles and reasons, and the audit log that nobody can rewrite."""
