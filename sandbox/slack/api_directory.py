"""auth, users, user groups, team and socket methods."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.directory import (
    APP_ID,
    BOT_ID,
    BOT_USER,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    User,
    UserGroup,
)
from sandbox.slack.emulator import Emulator
from sandbox.slack.methods import Method
from sandbox.slack.wire import ApiError, Json


def auth_test(emulator: Emulator, _args: Arguments) -> Json:
    """auth.test: who the token belongs to."""
    return {
        "url": f"{emulator.origin}/",
        "team": TEAM_NAME,
        "user": emulator.workspace.users[BOT_USER].name,
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": False,
    }


def connections_open(emulator: Emulator, _args: Arguments) -> Json:
    """apps.connections.open: an address for one socket; refused for an app reached over HTTP."""
    if emulator.socket is None:
        raise ApiError("socket_mode_not_enabled")
    host = emulator.origin.removeprefix("http://")
    return {"url": f"ws://{host}/link?ticket={emulator.socket.ticket()}&app_id={APP_ID}"}


def _shown(user: User) -> Json:
    shown: Json = {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "deleted": user.deleted,
        "color": user.color.removeprefix("#"),
        "real_name": user.real_name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": {
            "title": user.title,
            "real_name": user.real_name,
            "real_name_normalized": user.real_name,
            "display_name": user.name,
            "display_name_normalized": user.name,
            "team": user.team,
        },
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 0,
    }
    roles = ("is_admin", "is_owner", "is_primary_owner", "is_ultra_restricted")
    # Slack shows is_stranger only to tell somebody of another workspace, met in a shared channel.
    stranger = {"is_stranger": True} if user.is_stranger else {}
    return shown | dict.fromkeys(roles, False) | {"is_restricted": user.is_restricted} | stranger


def _listed(emulator: Emulator, user: User) -> Json:
    shown = _shown(user)
    if "users:read.email" in emulator.manifest.scopes and not user.is_bot:
        shown["profile"]["email"] = user.email
    return shown


def users_info(emulator: Emulator, args: Arguments) -> Json:
    """users.info: one member."""
    return {"user": _listed(emulator, emulator.workspace.user(args.required("user", "user_not_found")))}


def users_list(emulator: Emulator, _args: Arguments) -> Json:
    """users.list: every member on one page."""
    everybody = [_listed(emulator, user) for user in emulator.workspace.users.values()]
    return {"members": everybody, "cache_ts": 0, "response_metadata": {"next_cursor": ""}}


def lookup_by_email(emulator: Emulator, args: Arguments) -> Json:
    """users.lookupByEmail: the active member with this address."""
    email = args.required("email", "users_not_found")
    for user in emulator.workspace.users.values():
        if user.email == email and not user.deleted:
            return {"user": _listed(emulator, user)}
    raise ApiError("users_not_found")


def _group(group: UserGroup, *, with_users: bool) -> Json:
    shown: Json = {
        "id": group.id,
        "team_id": TEAM_ID,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "is_external": False,
        "date_delete": 0,
        "user_count": len(group.members),
    }
    return shown | {"users": list(group.members)} if with_users else shown


def groups_list(emulator: Emulator, args: Arguments) -> Json:
    """usergroups.list: the user groups, with members on include_users."""
    with_users = args.flag("include_users")
    return {"usergroups": [_group(g, with_users=with_users) for g in emulator.workspace.groups.values()]}


def groups_users_list(emulator: Emulator, args: Arguments) -> Json:
    """usergroups.users.list: ids of a group's members."""
    group = emulator.workspace.groups.get(args.required("usergroup", "no_such_subteam"))
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": list(group.members)}


def team_info(_emulator: Emulator, _args: Arguments) -> Json:
    """team.info: the workspace."""
    return {"team": {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN, "email_domain": ""}}


METHODS = {
    "api.test": Method(lambda _emulator, args: {"args": args.values}, caller="none"),
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(connections_open, caller="app"),
    "users.info": Method(users_info, ("users:read",)),
    "users.list": Method(users_list, ("users:read",)),
    "users.lookupByEmail": Method(lookup_by_email, ("users:read.email",)),
    "usergroups.list": Method(groups_list, ("usergroups:read",)),
    "usergroups.users.list": Method(groups_users_list, ("usergroups:read",)),
    "team.info": Method(team_info, ("team:read",)),
}
