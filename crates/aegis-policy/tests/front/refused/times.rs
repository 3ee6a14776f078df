//! Times and weekdays.

use crate::refused;

#[test]
fn times_are_quoted_and_possible() {
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_after: 22:00, time_before: 6:30:00 }, approval: block }\n",
        &[
            "2:62 unquoted-time `22:00`: the time `22:00` must be quoted: some readers of YAML take it for the number 1320; write \"22:00\"",
            "2:82 unquoted-time `6:30:00`: the time `6:30:00` must be quoted: some readers of YAML take it for the number 23400; write \"06:30:00\"",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_after: \"9:00\", time_before: \"24:00\" }, approval: block }\n",
        &[
            "2:62 bad-time `\"9:00\"`: `9:00` is not a time; write \"09:00\"",
            "2:83 bad-time `\"24:00\"`: `24:00` is no time of day: hours go from 00 to 23; leave `time_before` out: the window then ends at midnight",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_after: \"24:00\", time_before: \"12:60\" }, approval: block }\n",
        &[
            "2:62 bad-time `\"24:00\"`: `24:00` is no time of day: hours go from 00 to 23; write \"00:00\"",
            "2:84 bad-time `\"12:60\"`: `12:60` is no time of day: minutes go from 00 to 59; two digits for the hour and two for the minute, such as \"09:30\"",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_after: 9, time_before: \"5pm\" }, approval: block }\n",
        &[
            "2:62 unquoted-time `9`: the time `9` must be quoted: some readers of YAML take it for a number; write \"09:00\"",
            "2:78 bad-time `\"5pm\"`: `5pm` is not a time; write \"17:00\"",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_after: noon, time_before: [ \"12:00\" ] }, approval: block }\n",
        &[
            "2:62 bad-time `noon`: `noon` is not a time; two digits for the hour and two for the minute, such as \"09:30\"",
            "2:81 wrong-type `[ \"12:00\" ]`: `time_before` takes a quoted time, such as \"22:00\", and this is a list; write `time_before: \"06:00\"`",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_after: \"09:00\", time_before: \"09:00\" }, approval: block }\n",
        &[
            "2:84 empty-window `\"09:00\"` + `\"09:00\"` (starts here): a window that starts and ends at the same time is empty; leave both out if the whole day is meant",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { time_before: \"00:00\" }, approval: block }\n",
        &[
            "2:63 empty-window `\"00:00\"`: no time of day is before midnight; leave `time_before` out: the window then ends at midnight",
        ],
    );
}

#[test]
fn weekdays_are_numbers() {
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { weekdays: [0, 1, 8] }, approval: block }\n",
        &[
            "2:61 bad-weekday `0`: `0` is not a weekday; write `7`",
            "2:67 bad-weekday `8`: `8` is not a weekday",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { weekdays: [mon, \"2\", 3.0, [4], -1] }, approval: block }\n",
        &[
            "2:61 bad-weekday `mon`: `mon` is not a weekday; write `1`",
            "2:66 bad-weekday `\"2\"`: a weekday is a number, and \"2\" in quotes is a text; write `2`",
            "2:71 bad-weekday `3.0`: `3.0` is not a weekday",
            "2:76 bad-weekday `[4]`: a weekday is a number, and this is a list",
            "2:81 bad-weekday `-1`: `-1` is not a weekday",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { weekdays: 1 }, approval: block }\n",
        &[
            "2:60 wrong-type `1`: `weekdays` takes a list of weekdays, such as `[1, 2, 3]`, and this is a number; put brackets around it: `[1]`",
        ],
    );
}
