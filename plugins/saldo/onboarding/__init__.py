"""From a shell: try an agreement before its first night, and write agreement files."""
