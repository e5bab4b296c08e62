"""What Airflow knows of this provider without importing the rest of it.

Airflow calls this on every start of its command line, and an error here would break them all: nothing is imported.
"""


def get_provider_info() -> dict[str, object]:
    """Return the provider's description: modules, connection form and configuration options."""
    return {
        "package-name": "airflow-provider-extend",
        "name": "Extend",
        "description": "`Extend <https://www.extend.ai/>`__: document processing and its evaluation.",
        "integrations": [
            {
                "integration-name": "Extend",
                "external-doc-url": "https://docs.extend.ai",
                "tags": ["service"],
            }
        ],
        "hooks": [
            {
                "integration-name": "Extend",
                "python-modules": ["airflow_provider_extend.hooks.extend"],
            }
        ],
        "operators": [
            {
                "integration-name": "Extend",
                "python-modules": [
                    "airflow_provider_extend.operators.api",
                    "airflow_provider_extend.operators.batch_processor_run",
                    "airflow_provider_extend.operators.classify",
                    "airflow_provider_extend.operators.edit",
                    "airflow_provider_extend.operators.evaluation_baseline",
                    "airflow_provider_extend.operators.evaluation_gate",
                    "airflow_provider_extend.operators.evaluation_set",
                    "airflow_provider_extend.operators.evaluation_set_item",
                    "airflow_provider_extend.operators.evaluation_set_run",
                    "airflow_provider_extend.operators.extract",
                    "airflow_provider_extend.operators.file",
                    "airflow_provider_extend.operators.form_detection",
                    "airflow_provider_extend.operators.gated_publish",
                    "airflow_provider_extend.operators.parse",
                    "airflow_provider_extend.operators.processor",
                    "airflow_provider_extend.operators.processor_run",
                    "airflow_provider_extend.operators.processor_version",
                    "airflow_provider_extend.operators.run",
                    "airflow_provider_extend.operators.split",
                    "airflow_provider_extend.operators.verify",
                    "airflow_provider_extend.operators.webhook",
                    "airflow_provider_extend.operators.workflow",
                    "airflow_provider_extend.operators.workflow_run",
                    "airflow_provider_extend.operators.workflow_version",
                ],
            }
        ],
        "sensors": [
            {
                "integration-name": "Extend",
                "python-modules": [
                    "airflow_provider_extend.sensors.batch_processor_run",
                    "airflow_provider_extend.sensors.run",
                    "airflow_provider_extend.sensors.runs",
                    "airflow_provider_extend.sensors.workflow_run",
                ],
            }
        ],
        "triggers": [
            {
                "integration-name": "Extend",
                "python-modules": [
                    "airflow_provider_extend.triggers.run",
                    "airflow_provider_extend.triggers.runs",
                ],
            }
        ],
        "extra-links": [
            "airflow_provider_extend.links.run.ExtendRunLink",
            "airflow_provider_extend.links.gate_report.ExtendGateReportLink",
        ],
        "connection-types": [
            {
                "connection-type": "extend",
                "hook-class-name": "airflow_provider_extend.hooks.extend.ExtendHook",
                "hook-name": "Extend",
                "ui-field-behaviour": {
                    # The port stays: Airflow 3.3.2 tests no connection that is stored without one.
                    "hidden-fields": ["login", "schema"],
                    "relabeling": {"host": "Base URL", "password": "API key"},
                    "placeholders": {
                        "host": "Leave empty: the region's own address",
                        "password": "sk_...",
                        # A bare 443 looks as if it were filled in already.
                        "port": "Type 443: without it Test says 'Bad Request'",
                    },
                },
                # A connection made by command line, API or URI holds none of these defaults: the hook has them too.
                "conn-fields": {
                    "api_version": {
                        "label": "API version",
                        "description": (
                            "2026-02-09 is current and right for new accounts; 2025-04-21 is for keys made since "
                            "April 2025 whose account has not migrated; 2024-12-23 for keys made before "
                            "2025-04-21. Port, above, has to be 443 for Airflow's Test button: Airflow 3.3.1 and 3.3.2 "
                            "answer 'Bad Request' for a connection that is stored without a port."
                        ),
                        "schema": {
                            "type": ["string", "null"],
                            "enum": ["2026-02-09", "2025-04-21", "2024-12-23"],
                            "default": "2026-02-09",
                        },
                    },
                    "region": {
                        "label": "Region",
                        "description": (
                            "Data and keys belong to one region: us is api.extend.ai, us2 (HIPAA) is "
                            "api.us2.extend.app, eu is api.eu1.extend.ai. Leave it as it is for API version "
                            "2024-12-23, which has a host of its own. A Base URL overrides it."
                        ),
                        "schema": {"type": ["string", "null"], "enum": ["us", "us2", "eu"], "default": "us"},
                    },
                    "workspace_id": {
                        "label": "Workspace id",
                        "description": "Only with organisation-scoped API keys: the workspace to use (ws_...).",
                        "schema": {"type": ["string", "null"]},
                    },
                    "timeout": {
                        "label": "Timeout (s)",
                        "description": "Seconds that one request may take.",
                        "schema": {"type": ["number", "null"], "minimum": 1, "default": 30},
                    },
                    "verify": {
                        "label": "Verify TLS",
                        "description": (
                            "Check the server's certificate. Off only for hosts that an administrator has named in "
                            "allowed_hosts, section extend of Airflow's configuration."
                        ),
                        "schema": {"type": ["boolean", "null"], "default": True},
                    },
                    "proxy": {
                        "label": "Proxy",
                        "description": (
                            "URL of the proxy for http and https; it may hold credentials "
                            "(http://user:password@proxy.example.com:3128)."
                        ),
                        "schema": {"type": ["string", "null"], "format": "password"},
                    },
                    "get_per_second": {
                        "label": "Reads per second",
                        "description": (
                            "Extend's limits hold for the whole organisation, and each Airflow task is a process "
                            "of its own: divide the limit by the number of tasks and triggerers that run at a "
                            "time. 10 is the limit of the smallest plan."
                        ),
                        "schema": {"type": ["number", "null"], "minimum": 0.01, "default": 10},
                    },
                    "write_per_second": {
                        "label": "Writes per second",
                        "description": "Uploads, updates, cancels and publishes; divided as the reads are.",
                        "schema": {"type": ["number", "null"], "minimum": 0.01, "default": 10},
                    },
                    "run_per_second": {
                        "label": "Run submissions per second",
                        "description": "Calls that start a run; divided as the reads are.",
                        "schema": {"type": ["number", "null"], "minimum": 0.01, "default": 10},
                    },
                },
            }
        ],
        "config": {
            "extend": {
                "description": "Settings of the Extend provider that hold for the whole deployment.",
                "options": {
                    "allowed_hosts": {
                        "description": (
                            "Hosts, besides Extend's own, that may be sent an API key: comma separated, each "
                            "``host``, ``host:port`` or ``http://host:port``. Only this setting widens them, never "
                            "a connection, since whoever may edit a connection could send its key elsewhere. "
                            "Loopback has to be named as well.\n"
                        ),
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "extend-proxy.example.com,http://127.0.0.1:8765",
                        "default": "",
                    },
                    "deployment": {
                        "description": (
                            "Name of this Airflow deployment. It is part of the token by which a task finds the "
                            "run that it has submitted before: with a name for each deployment, staging never "
                            "finds production's run.\n"
                        ),
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "production",
                        "default": "",
                    },
                },
            }
        },
    }
