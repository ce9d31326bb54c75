"""How people log in, read by Airflow's FAB auth manager: with users and passwords kept in Airflow's database.

A company's own identity provider: mount another file and name it in AIRFLOW__FAB__CONFIG_FILE (docs/deployment.md).
"""

from flask_appbuilder.const import AUTH_DB

AUTH_TYPE = AUTH_DB
WTF_CSRF_ENABLED = True
# At least 10 characters, of them 2 capitals, 3 small letters, 2 digits, 1 other.
FAB_PASSWORD_COMPLEXITY_ENABLED = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
