# bash completion for stretto and its tools: options are read from --help, so they are never out of date.

_stretto_songs() {
    local store=${STRETTO_STORE-} i
    for ((i = 1; i < ${#COMP_WORDS[@]} - 1; i++)); do
        [[ ${COMP_WORDS[i]} == --store ]] && store=${COMP_WORDS[i + 1]}
    done
    [[ -n $store && -d $store ]] || return
    stretto-publish --list "$store" 2>/dev/null | cut -f 2 | tr , '\n' | grep -vx -e -
}

_stretto_tool() {
    local tool=$1 current=${COMP_WORDS[COMP_CWORD]}
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$tool" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*')" -- "$current")
    elif [[ $tool == stretto-fetch && ${COMP_WORDS[COMP_CWORD - 1]} != -* || ${COMP_WORDS[COMP_CWORD - 1]} == --remove ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_stretto_songs)" -- "$current")
    fi
}

_stretto() {
    local tool=${1##*/}
    COMPREPLY=()
    if [[ $tool != stretto ]]; then
        _stretto_tool "$tool"
    elif ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$(stretto 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')" -- "${COMP_WORDS[1]}")
    else
        _stretto_tool "stretto-${COMP_WORDS[1]}"
    fi
}

complete -o default -F _stretto stretto stretto-encode stretto-chunk stretto-publish stretto-fetch stretto-serve stretto-track stretto-play stretto-simulate stretto-report
