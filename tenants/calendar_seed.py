"""The calendar's seed: the years that the library `chinesecalendar` knows, as notices to load.

The library refuses a year it doesn't know, which is what we want: an unpublished year stays unpublished.
"""

from datetime import date, timedelta

import chinese_calendar

from tenants.calendar import YearNotice

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


def known_notice(year: int) -> YearNotice | None:
    """The notice of `year`, or None when the library doesn't know it."""
    off, on = {}, {}
    day = date(year, 1, 1)
    while day.year == year:
        try:
            is_off, english = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:
            return None
        # A make-up day is a working weekend; the library names the holiday it makes up for.
        if is_off and english:
            off[day] = NAMES.get(english, english)
        elif not is_off and (english or day.weekday() >= 5):
            on[day] = f"{NAMES.get(english or '', english or '')}调休"
        day += timedelta(days=1)
    return YearNotice(year, "国务院办公厅放假安排(chinesecalendar)", off, on)
