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
    options = parser().parse_args()
    os.umask(0o077)  # recordings, and trunks with their passwords, are of this user alone
    try:
        asyncio.run(serve(options))
    except OSError as error:
        ports = f"ports {options.port} and {options.oidc_port}"
        sys.exit(f"The simulator cannot listen on {options.host}, {ports}: {error.strerror}")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="python -m simulator",
        description=__doc__,
        epilog=control_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--host", default="127.0.0.1", help="address to listen on")
    command.add_argument("--port", type=int, default=7880, help="LiveKit, control API, playground; 0 takes a free one")
    command.add_argument("--oidc-port", type=int, default=7881, help="OpenID provider; 0 takes a free one")
    command.add_argument("--api-key", default=Options.api_key, help="LiveKit's API key")
    command.add_argument("--api-secret", default=Options.api_secret, help="its secret")
    command.add_argument("--frontdesk-url", default="http://127.0.0.1:8000", help="where Frontdesk answers")
    command.add_argument("--webhook-url", action="append", help="instead of Frontdesk's; may be repeated")
    command.add_argument("--recordings-dir", type=Path, default=Options.recordings_dir, help="where relative paths go")
    command.add_argument(
        "--sip-file", type=Path, help="where trunks and rules are kept between runs; else they are not"
    )
    command.add_argument("--client-id", default=oidc.Options.client_id, help="Frontdesk's name at the provider")
    command.add_argument("--client-secret", default=oidc.Options.client_secret, help="its secret there")
    command.add_argument("--issuer", default="", help="the provider's address as browsers see it, if not its port")
    command.add_argument(
        "--announce", action="store_true", help="print the addresses as one JSON line once they answer"
    )
    for switch, value in vars(Switches()).items():
        option = f"--{switch.replace('_', '-')}"
        command.add_argument(option, action=argparse.BooleanOptionalAction, default=value, help="how LiveKit is set up")
    for factor in vars(Timing()):
        command.add_argument(f"--{factor}-factor", type=float, default=1.0, help="on LiveKit's own times")
    return command


def control_help() -> str:
    """What the control API can do, one line each."""
    lines = [
        f"  {verb} /control/{name:<16} {text.partition(chr(10))[0]}"
        for verb, table in (("POST", COMMANDS), ("GET ", READINGS))
        for name, text in documented(table).items()
    ]
    return "\n".join(["the control API, JSON in and out, beside LiveKit's own paths (the playground uses it):", *lines])


async def serve(options: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(world(options), client(options), options.oidc_port) as addresses:
        announce(addresses, as_json=options.announce)
        await stop.wait()


def world(options: argparse.Namespace) -> World:
    """The LiveKit the options describe."""
    installation = Options(
        port=options.port,
        host=options.host,
        api_key=options.api_key,
        api_secret=options.api_secret,
        webhook_urls=tuple(options.webhook_url or [f"{options.frontdesk_url}/hooks/livekit"]),
        recordings_dir=options.recordings_dir,
        sip_file=options.sip_file,
    )
    switches = Switches(**{name: getattr(options, name) for name in vars(Switches())})
    timing = Timing(**{name: getattr(options, f"{name}_factor") for name in vars(Timing())})
    return World(installation, switches, timing)


def client(options: argparse.Namespace) -> oidc.Options:
    """Frontdesk as the provider knows it."""
    return oidc.Options(
        issuer=options.issuer,
        client_id=options.client_id,
        client_secret=options.client_secret,
        redirect_uris=(f"{options.frontdesk_url}/oidc/callback",),
        post_logout_redirect_uris=(f"{options.frontdesk_url}/signed-out",),
        backchannel_logout_uri=f"{options.frontdesk_url}/oidc/logout",
    )


def announce(addresses: Addresses, *, as_json: bool) -> None:
    """Say where everything is."""
    text = json.dumps(vars(addresses)) if as_json else f"LiveKit {addresses.livekit}\nOpenID  {addresses.issuer}"
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
