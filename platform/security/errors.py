"""Why somebody is not let in. What is said never tells whether an account exists."""

from tessera.kernel.errors import NotAuthenticated, TooManyRequests


class LoginFailed(NotAuthenticated):
    """Raised when login and password do not fit together, or the account does not exist or is not active."""

    code = "login_failed"
    message = "Login or password is wrong."


class AccountLocked(TooManyRequests):
    """Raised when an account is closed for a while after too many wrong passwords."""

    code = "account_locked"
    message = "Too many wrong passwords. Try again in {retry_after} s."


class TokenRefused(NotAuthenticated):
    """Raised when an access token is unknown, expired or revoked, or its user is gone: all look alike."""

    code = "token_refused"
    message = "The access token is not valid."
