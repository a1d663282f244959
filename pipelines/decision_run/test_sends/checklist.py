"""Checklist of a test send: what to look at in the message that arrived."""

from __future__ import annotations

from typing import Final

from otokui.wording.i18n import N_

CHECKLIST: Final = (
    (N_("Sender"), N_("Name and address are the shop's, a reply reaches somebody, and the mail is not marked as spam or unverified.")),
    (N_("Subject and preview"), N_("Right, complete on a phone, and no placeholder is left in them.")),
    (N_("Links"), N_("Every link and button opens the page it names, over https, on a phone too.")),
    (N_("Price and dates"), N_("Prices, stock, coupon code and last day are those of the shop on the day of the send.")),
    (
        N_("Unsubscribe link"),
        N_("It is easy to find, works without signing in, and the opt-out reaches the shop. Name and contact of the shop stand there."),
    ),
    (N_("Images off"), N_("The message is understood without pictures; each has a text in its place.")),
    (N_("Dark mode"), N_("Text, logo and buttons can be read on a dark screen.")),
    (N_("Personal fields empty"), N_("Without a name, a product or a coupon the sentence still reads well: no blank, no placeholder.")),
    (N_("Time and channel"), N_("It came over the channel of this sheet; the send time is in the customer's day and outside quiet hours.")),
    (N_("Consent"), N_("The audience agreed to this channel, and every rule that holds the message back on this sheet is understood.")),
)
"""Items: what to check, and when it is in order. On a channel without it (no subject in an SMS), an item is not needed."""
