"""`python -m airflow_provider_extend.api` prints the endpoint table as JSON, a row for each version."""

from __future__ import annotations

import json
import sys

from airflow_provider_extend.api.endpoints import rows

if __name__ == "__main__":
    json.dump(rows(), sys.stdout, indent=1)
    sys.stdout.write("\n")
