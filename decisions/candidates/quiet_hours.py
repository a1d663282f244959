"""Quiet hours of a channel, as the local hours in which it may be used.

Where a send falls is chosen in ``decisions.policy.send_time``; the rule that refuses a channel is ``within_open_hours``.
"""

from __future__ import annotations

from otokui.settings.contacts.channels import Channel


def open_hours(channel: Channel) -> list[bool]:
    """Return for each of the 24 local hours whether it lies outside quiet hours.

    Quiet from 21 until 8 runs over midnight; the same hour twice means no quiet hours at all.
    """
    begin, end = channel.quiet_from_hour, channel.quiet_until_hour
    if begin == end:
        return [True] * 24
    if begin < end:
        return [not begin <= hour < end for hour in range(24)]
    return [end <= hour < begin for hour in range(24)]
