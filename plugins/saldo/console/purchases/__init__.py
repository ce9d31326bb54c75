"""Purchase documents and their exports: what is not exported or has changed since, a file of what is chosen, the files there are."""
