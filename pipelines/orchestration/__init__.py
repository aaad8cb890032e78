"""What the flows share with Prefect beyond flows and tasks: artifacts, events, automations, approval.

Together with ``flows.py`` the only place that imports Prefect (D17); a test holds this.
"""
