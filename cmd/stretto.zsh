#compdef stretto stretto-encode stretto-chunk stretto-publish stretto-fetch stretto-serve stretto-track stretto-rtc stretto-subsonic stretto-play stretto-simulate stretto-report stretto-sign
# zsh completion for stretto and its tools: as cmd/stretto.bash, from --help.

local tool=${words[1]:t} before=${words[CURRENT-1]} current=${words[CURRENT]} value= store=${STRETTO_STORE-} i
local -a offers

if [[ $tool == stretto ]]; then
    offers=(${(f)"$(stretto 2>/dev/null | sed -nE 's/^  ([a-z]+) +(.*)/\1:\2/p')"})
    if (( CURRENT == 2 )); then
        offers+=('help:show the options of a tool')
        _describe tool offers
        return
    elif [[ $words[2] == help ]]; then
        _describe tool offers
        return
    fi
    tool=stretto-$words[2]
fi

_stretto_songs() {
    for (( i = 2; i < $#words; i++ )); do
        [[ $words[i] == --store ]] && store=$words[i+1]
        [[ $words[i] == --store=* ]] && store=${words[i]#--store=}
        [[ $tool == stretto-publish && -d $words[i]/songs ]] && store=$words[i]
    done
    [[ -d $store ]] || return 1
    offers=(${(f)"$(stretto-publish --list "$store" 2>/dev/null | cut -f 2 | tr , '\n' | grep -vx -e -)"})
    # without those that the line holds already
    offers=(${offers:|words})
    compadd -a offers
}

if [[ $current == -?* ]]; then
    offers=(${(f)"$($tool --help 2>/dev/null | sed -nE 's/^ +(-[A-Za-z], )?(--[a-z-]+)( [^ ]+)?( +(.*))?$/\2:\5/p' | sort -u -t: -k1,1)"})
    _describe option offers
    return
fi
[[ $before == -?* ]] && value=$($tool --help 2>/dev/null | sed -nE "s/^ +(-[A-Za-z], )?$before(, --[a-z-]+)? ([^ ]+)( .*)?\$/\\3/p")
case $value in
    SONG*) _stretto_songs ;;
    RULE*) compadd stretto bola mpc throughput dynamic seed ;;
    KBPS) compadd 45 96 160 320 ;;
    *[a-z]*) compadd ${(M)${(s:|:)value}:#[a-z0-9]##} ;;
    '') { [[ $tool == stretto-(fetch|play) ]] && _stretto_songs } || _files ;;
    *) _files ;;
esac
