"""IAM users and the roster that the periodic rule compares.

In:  an account.
Out: users as a test wants them; a roster as a personnel system exports it: CP932, Japanese headings and dates.
"""

from __future__ import annotations

from cloud import Account

USER = "AWS::IAM::User"
ROSTER = """社員番号,ユーザー名,在籍状況,退職日
001001,,退職済み,2020年3月31日
001002,,在職中,
001003,sato,退職済み,R2.9.30
"""


def roster() -> bytes:
    """The roster as its file is."""
    return ROSTER.replace("\n", "\r\n").encode("cp932")


class People:
    """Users of one account, by name."""

    def __init__(self, account: Account):
        self.iam = account.client("iam")
        self.ids: dict[str, str] = {}
        self.keys: dict[str, str] = {}

    def add(self, name: str, employee: str | None = None, password: bool = False, key: bool = False) -> None:
        """A user with what is asked for."""
        tags = [{"Key": "EmployeeId", "Value": employee}] if employee else []
        self.ids[name] = self.iam.create_user(UserName=name, Tags=tags)["User"]["UserId"]
        if password:
            self.iam.create_login_profile(UserName=name, Password="Only-for-this-run-1")
        if key:
            self.keys[name] = self.iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]

    def add_usual(self) -> None:
        """One who left and can still sign in, one employed, one who left and has a key, one nobody knows."""
        self.add("suzuki", employee="001001", password=True)
        self.add("tanaka", employee="001002", password=True)
        self.add("sato", key=True)
        self.add("batch", key=True)

    def key(self, name: str) -> tuple[str, str]:
        """How results name the user."""
        return (USER, self.ids[name])
