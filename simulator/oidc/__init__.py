"""A development OpenID Connect provider: it asks who you want to be today, and is strict about everything else."""

from simulator.oidc.app import create_app
from simulator.oidc.options import Options

__all__ = ["Options", "create_app"]
