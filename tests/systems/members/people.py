"""Who is a member, which application may ask for their tokens, and what the site's administrator does."""

from django.contrib.auth.models import Group, User
from oauth2_provider.models import Application

PEOPLE = [
    ("alice", "correct horse", "Alice", "Liddell", True, ["editors", "members"]),
    # Each of these characters means something else in some encoding.
    ("bob", "täglich + 5%41 & \"mehr\"; <b>\\", "Bob", "Ångström", True, ["members"]),
    ("carol", "battery staple", "Carol", "Lost", False, ["members"]),
]


def settle():
    """The members of the beginning, and the bridge as an application."""
    for username, password, first_name, last_name, is_active, groups in PEOPLE:
        member = User.objects.create_user(
            username,
            f"{username}@example.org",
            password,
            first_name=first_name,
            last_name=last_name,
            is_active=is_active,
        )
        member.groups.set([Group.objects.get_or_create(name=name)[0] for name in groups])
    Application.objects.create(
        name="Bridge",
        client_id="bridge",
        # RFC 6749 section 2.3.1 has it encoded before it goes into the header; whoever does not is not let in.
        client_secret="bridge+secret%41-for-loopback-only-0123456789",
        # It signs the ID tokens of those who ask for `openid`, so the site must know it in the clear.
        hash_client_secret=False,
        algorithm=Application.HS256_ALGORITHM,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_PASSWORD,
    )


def admit(username, password):
    """A new member; their number."""
    return User.objects.create_user(username, f"{username}@example.org", password).pk


def disable(username):
    """They stay, and may not come in."""
    User.objects.filter(username=username).update(is_active=False)


def remove(username):
    """As if they had never been here."""
    User.objects.get(username=username).delete()
