"""Purchase documents as files of people: which were in which file, what changed since, and the files themselves."""
