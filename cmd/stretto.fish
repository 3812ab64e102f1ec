# fish completion for stretto and its tools: as cmd/stretto.bash, from --help.

function __stretto_tool
    set -l words (commandline -opc)
    set -l tool (string replace -r '.*/' '' -- $words[1])
    test $tool = stretto; and set tool stretto-$words[2]
    echo $tool
end

# of the store that the command line names, or STRETTO_STORE; without those that it holds already
function __stretto_songs
    set -l words (commandline -opc)
    set -l store $STRETTO_STORE
    for i in (seq (count $words))
        test "$words[$i]" = --store; and set store $words[(math $i + 1)]
        string match -q -- '--store=*' $words[$i]; and set store (string replace -- --store= '' $words[$i])
        test (__stretto_tool) = stretto-publish -a -d $words[$i]/songs; and set store $words[$i]
    end
    test -n "$store" -a -d "$store"; or return
    for name in (stretto-publish --list $store 2>/dev/null | cut -f 2 | string split ,)
        test $name = -; or contains -- $name $words; or echo $name
    end
end

function __stretto_offers
    set -l tool (__stretto_tool)
    if string match -q -- '-?*' (commandline -ct)
        $tool --help 2>/dev/null | sed -nE 's/^ +(-[A-Za-z], )?(--[a-z-]+)( [^ ]+)?( +(.*))?$/\2\t\5/p' | sort -u -k1,1
        return
    end
    set -l words (commandline -opc)
    set -l value
    if string match -q -- '-?*' $words[-1]
        set value ($tool --help 2>/dev/null | sed -nE "s/^ +(-[A-Za-z], )?$words[-1](, --[a-z-]+)? ([^ ]+)( .*)?\$/\3/p")
    end
    switch "$value"
        case 'SONG*'
            __stretto_songs
        case 'RULE*'
            string split ' ' 'stretto bola mpc throughput dynamic seed'
        case KBPS
            string split ' ' '45 96 160 320'
        case ''
            contains $tool stretto-fetch stretto-play; and __stretto_songs
        case '*'
            string split '|' -- $value | string match -r '^[a-z0-9]+$'
    end
end

function __stretto_tools
    stretto 2>/dev/null | sed -nE 's/^  ([a-z]+) +(.*)/\1\t\2/p'
end

set -l first 'test (count (commandline -opc)) -eq 1'
complete -c stretto -f -n $first -a '(__stretto_tools)'
complete -c stretto -f -n $first -a help -d 'show the options of a tool'
complete -c stretto -f -n 'string match -q "* help" -- (commandline -opc | string join " ")' -a '(__stretto_tools)'
complete -c stretto -n "not $first" -a '(__stretto_offers)'
for tool in encode chunk publish fetch serve track rtc subsonic play simulate sign report
    complete -c stretto-$tool -a '(__stretto_offers)'
end
