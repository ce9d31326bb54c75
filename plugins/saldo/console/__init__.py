"""The console: what people look at below /saldo, in Airflow's own API server, in its navigation or in a tab of its own.

Pages come whole from the server (Jinja); htmx fetches what changes on them, and every form works without it. A page is a room:
a folder with its routes, its reading (SQL in include/sql/console/<room>/) and its templates. `rooms` lists them, `shell` is what all
share: the frame, formats, the warehouse as pages read it, forms and their answers.
"""
