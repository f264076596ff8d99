"""`python -m simulator`: a LiveKit and an OpenID provider to develop, show and test Frontdesk against."""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from simulator import oidc
from simulator.app import COMMANDS, READINGS
from simulator.control import documented
from simulator.server import Addresses, running
from simulator.world import Options, Switches, Timing, World


def main() -> None:
    """Read the options and serve until asked to stop."""
    told = parser().parse_args()
    os.umask(0o077)  # recordings, and trunks with their passwords, are of this user alone
    try:
        asyncio.run(serve(told))
    except OSError as error:
        sys.exit(
            f"The simulator cannot listen on {told.host}, ports {told.port} and {told.oidc_port}: {error.strerror}"
        )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    known = argparse.ArgumentParser(
        prog="python -m simulator",
        description=__doc__,
        epilog=control_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known.add_argument("--host", default="127.0.0.1", help="address to listen on")
    known.add_argument("--port", type=int, default=7880, help="LiveKit, control API, playground; 0 takes a free one")
    known.add_argument("--oidc-port", type=int, default=7881, help="OpenID provider; 0 takes a free one")
    known.add_argument("--api-key", default=Options.api_key, help="LiveKit's API key")
    known.add_argument("--api-secret", default=Options.api_secret, help="its secret")
    known.add_argument("--frontdesk-url", default="http://127.0.0.1:8000", help="where Frontdesk answers")
    known.add_argument("--webhook-url", action="append", help="instead of Frontdesk's; may be repeated")
    known.add_argument("--recordings-dir", type=Path, default=Options.recordings_dir, help="where relative paths go")
    known.add_argument("--sip-file", type=Path, help="where trunks and rules are kept between runs; else they are not")
    known.add_argument("--client-id", default=oidc.Options.client_id, help="Frontdesk's name at the provider")
    known.add_argument("--client-secret", default=oidc.Options.client_secret, help="its secret there")
    known.add_argument("--issuer", default="", help="the provider's address as browsers see it, if not its port")
    known.add_argument("--announce", action="store_true", help="print the addresses as one JSON line once they answer")
    for switch, value in vars(Switches()).items():
        option = f"--{switch.replace('_', '-')}"
        known.add_argument(option, action=argparse.BooleanOptionalAction, default=value, help="how LiveKit is set up")
    for factor in vars(Timing()):
        known.add_argument(f"--{factor}-factor", type=float, default=1.0, help="on LiveKit's own times")
    return known


def control_help() -> str:
    """What the control API can do, one line each."""
    lines = [
        f"  {verb} /control/{name:<16} {text.partition(chr(10))[0]}"
        for verb, table in (("POST", COMMANDS), ("GET ", READINGS))
        for name, text in documented(table).items()
    ]
    return "\n".join(["the control API, JSON in and out, beside LiveKit's own paths (the playground uses it):", *lines])


async def serve(told: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(world(told), client(told), told.oidc_port) as addresses:
        announce(addresses, as_json=told.announce)
        await stop.wait()


def world(told: argparse.Namespace) -> World:
    """The LiveKit the options describe."""
    options = Options(
        port=told.port,
        host=told.host,
        api_key=told.api_key,
        api_secret=told.api_secret,
        webhook_urls=tuple(told.webhook_url or [f"{told.frontdesk_url}/hooks/livekit"]),
        recordings_dir=told.recordings_dir,
        sip_file=told.sip_file,
    )
    switches = Switches(**{name: getattr(told, name) for name in vars(Switches())})
    timing = Timing(**{name: getattr(told, f"{name}_factor") for name in vars(Timing())})
    return World(options, switches, timing)


def client(told: argparse.Namespace) -> oidc.Options:
    """Frontdesk as the provider knows it."""
    return oidc.Options(
        issuer=told.issuer,
        client_id=told.client_id,
        client_secret=told.client_secret,
        redirect_uris=(f"{told.frontdesk_url}/oidc/callback",),
        post_logout_redirect_uris=(f"{told.frontdesk_url}/signed-out",),
        backchannel_logout_uri=f"{told.frontdesk_url}/oidc/logout",
    )


def announce(addresses: Addresses, *, as_json: bool) -> None:
    """Say where everything is."""
    text = json.dumps(vars(addresses)) if as_json else f"LiveKit {addresses.livekit}\nOpenID  {addresses.issuer}"
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
