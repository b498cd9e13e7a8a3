"""Refusals of identity: what is not done, and why."""

from fairhouse.kernel.refusals import Refusal


class WeakPassword(Refusal):
    """The password is too short, too long or too easy to guess."""

    code = "weak_password"
    status = 422


class NotOfAge(Refusal):
    """Younger than the brand's minimum age."""

    code = "not_of_age"
    status = 422


class TermsOutdated(Refusal):
    """Not the terms version in force; `fields["terms_version"]` is."""

    code = "terms_outdated"
    status = 409


class UsernameTaken(Refusal):
    """Somebody of this brand has the username already. Usernames are public."""

    code = "username_taken"
    status = 409


class EmailTaken(Refusal):
    """Told only to somebody who has just proven that the mailbox is theirs."""

    code = "email_taken"
    status = 409


class NotEligible(Refusal):
    """On the operator's list of restricted persons."""

    code = "not_eligible"
    status = 403


class Unauthenticated(Refusal):
    """No session, or it has ended."""

    code = "unauthenticated"
    status = 401


class BadCredentials(Refusal):
    """Unknown, wrong or locked: which of them is never told."""

    code = "bad_credentials"
    status = 401


class SecondFactorRequired(Refusal):
    """The password is right and a second factor is asked for."""

    code = "second_factor_required"
    status = 401


class WrongCode(Refusal):
    """The code is wrong, used, expired, or was tried too often."""

    code = "wrong_code"
    status = 422


class StepUpRequired(Refusal):
    """Needs a fresh proof: `fields["method"]` is the handiest ("totp", "password" or a kind of
    credential), `fields["methods"]` are all, separated by commas."""

    code = "step_up_required"
    status = 403


class AlreadyEnrolled(Refusal):
    """A second factor is active already."""

    code = "already_enrolled"
    status = 409


class NotEnrolled(Refusal):
    """No second factor is active or waiting to be confirmed."""

    code = "not_enrolled"
    status = 409


class LastWayIn(Refusal):
    """Without it nobody could log in to the account."""

    code = "last_way_in"
    status = 409


class CredentialTaken(Refusal):
    """It opens another account of this brand."""

    code = "credential_taken"
    status = 409


class TooManyCredentials(Refusal):
    """More than anybody needs; `fields["most"]` says how many there may be."""

    code = "too_many_credentials"
    status = 409


class AssertionRefused(Refusal):
    """What was presented proves nothing: `fields["reason"]` says which check failed."""

    code = "assertion_refused"
    status = 422


class WayUnavailable(Refusal):
    """This brand does not offer that way in, or cannot check it now."""

    code = "way_unavailable"
    status = 409


class AccountClosed(Refusal):
    """Closed to play and deposits; withdrawals stay open."""

    code = "account_closed"
    status = 403


class DisposableEmail(Refusal):
    """A mailbox that is thrown away after minutes."""

    code = "disposable_email"
    status = 422


class AddressNotListed(Refusal):
    """Only addresses of the player's own list are paid, and this is none."""

    code = "address_not_listed"
    status = 409


class AddressTooNew(Refusal):
    """Listed, but not for a day yet: `fields["usable_at"]` says from when."""

    code = "address_too_new"
    status = 409


class AddressLookalike(Refusal):
    """Begins and ends like a listed one: send it again with `confirmed` after comparing."""

    code = "address_lookalike"
    status = 409


class PhoneCodesSpent(Refusal):
    """So many codes were sent that no more are, for now."""

    code = "phone_codes_spent"
    status = 429


class EmailNeeded(Refusal):
    """This brand opens accounts with an e-mail address only."""

    code = "email_needed"
    status = 422


class RegistrationRequired(Refusal):
    """Guests cannot do this."""

    code = "registration_required"
    status = 403


class AccountLocked(Refusal):
    """Locked or closed by staff; told only to somebody who is logged in."""

    code = "account_locked"
    status = 403


class Forbidden(Refusal):
    """The staff member has none of the roles that this needs."""

    code = "forbidden"
    status = 403
