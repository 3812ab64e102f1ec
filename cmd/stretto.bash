# bash completion for stretto and its tools: options and their values are read from --help, so they are never out of date.

# of the store that the command line names, or STRETTO_STORE; without those that it holds already
_stretto_songs() {
    local store=${STRETTO_STORE-} i
    for ((i = 1; i < ${#COMP_WORDS[@]} - 1; i++)); do
        [[ ${COMP_WORDS[i]} == --store ]] && store=${COMP_WORDS[i + 1]}
        [[ $tool == stretto-publish && -d ${COMP_WORDS[i]}/songs ]] && store=${COMP_WORDS[i]}
    done
    # bash splits --store=DIR
    [[ $store == = ]] && store=${COMP_WORDS[*]} store=${store#*--store = } store=${store%% *}
    [[ -n $store && -d $store ]] || return
    stretto-publish --list "$store" 2>/dev/null | cut -f 2 | tr , '\n' | grep -vxFf <(printf '%s\n' - "${COMP_WORDS[@]:1:COMP_CWORD-1}")
}

# what --help calls the value of an option; nothing if it takes none
_stretto_value() {
    "$tool" --help 2>/dev/null | sed -nE "s/^ +(-[A-Za-z], )?$1(, --[a-z-]+)? ([^ ]+)( .*)?\$/\\3/p"
}

_stretto_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current" | sort -u); }

_stretto_tool() {
    local tool=$1 current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} value=
    if [[ $current == -?* ]]; then
        _stretto_words "$("$tool" --help 2>/dev/null | sed -nE 's/^ +(-[A-Za-z], )?(--[a-z-]+).*/\2/p')"
        return
    fi
    [[ $before == -?* ]] && value=$(_stretto_value "$before")
    case $value in
        SONG*) _stretto_words "$(_stretto_songs)" ;;
        RULE*) _stretto_words 'stretto bola mpc throughput dynamic seed' ;;
        KBPS) _stretto_words '45 96 160 320' ;;
        *[a-z]*) _stretto_words "$(tr '|' '\n' <<<"$value" | grep -E '^[a-z0-9]+$')" ;;
        '') [[ $tool == stretto-fetch || $tool == stretto-play ]] && _stretto_words "$(_stretto_songs)" ;;
    esac
}

_stretto() {
    local tool=${1##*/} current=${COMP_WORDS[COMP_CWORD]} tools
    COMPREPLY=()
    if [[ $tool != stretto ]]; then
        _stretto_tool "$tool"
        return
    fi
    tools=$(stretto 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')
    if ((COMP_CWORD == 1)); then
        _stretto_words "$tools help"
    elif [[ ${COMP_WORDS[1]} == help ]]; then
        _stretto_words "$tools"
    else
        _stretto_tool "stretto-${COMP_WORDS[1]}"
    fi
}

complete -o default -F _stretto stretto stretto-encode stretto-chunk stretto-publish stretto-fetch stretto-serve stretto-track stretto-rtc stretto-subsonic stretto-play stretto-simulate stretto-report stretto-sign
