#!/bin/sh
# The page's scripts without a browser: access tokens, what is kept, and when sound stands still. tests/browser has the whole page.
. ./tests/lib.sh
if ! command -v node >/dev/null; then
    skip 'scripts of the page' 'node is not installed'
    finish
    exit
fi
holds() { node --no-warnings "$root/tests/web/page.mjs" "$1"; }
ok 'a token of a link is a token, or it is not taken: no attribute of a cookie comes with it' holds no_attribute_of_a_link
ok 'it holds for a day at most; one that is typed in for as long as it says' holds a_link_holds_for_a_day
ok 'it replaces a valid one only if the listener wants that' holds a_link_asks_first
ok 'and not one of the operator'\''s URL' holds the_operator_wins
ok '401: a new token of the operator'\''s URL, fetched once, and the request again' holds a_refused_token_is_renewed
ok 'if that is refused, too, people read why' holds a_refused_renewal_ends
ok 'a computer that wakes up asks for a new token; one without an end lasts a day' holds renewal_does_not_trust_timers
ok 'a song whose token is refused goes on with a new one, once until it sounds' holds a_song_goes_on_with_a_new_token
ok 'paused, a song of another rate does not sound' holds pause_holds_over_a_new_device
ok 'a page that was left and comes back is paused, where it was' holds a_page_that_is_left_is_paused
ok 'what the browser does not keep is not said to be kept' holds what_is_not_kept_is_not_said_to_be
finish
