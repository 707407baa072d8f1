/** The script for bash 3.2 (of macOS) and later. */
export const bash = `# Completion of hookcli for bash 3.2 and later: hookcli completion --help
_hookcli() {
  local line=\${COMP_LINE:0:COMP_POINT} word cur breaks prefix= kind= rest= i
  local -a words=() asked=()
  # bash cuts words at = : and @: they are put together again.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ i -eq 0 || $line == [[:space:]]* ]]; then
      line=\${line#"\${line%%[![:space:]]*}"}
      words+=("")
    fi
    ((i == COMP_CWORD)) && word=$line
    words[\${#words[@]} - 1]+=$word
    line=\${line#"$word"}
  done
  cur=\${words[\${#words[@]} - 1]}
  for ((i = 1; i < \${#words[@]} - 1; i++)); do asked+=("--word=\${words[i]}"); done
  # What stands before the last cut is not ours to replace; an @ is.
  breaks=\${COMP_WORDBREAKS//[^=:]/}
  [[ -n $breaks ]] && prefix=\${cur%"\${cur##*[$breaks]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then
      kind=\${line%% *}
      rest=\${line#"$kind"}
      rest=\${rest# }
    else
      word=\${line%%$'\\t'*}
      COMPREPLY+=("\${word#"$prefix"}")
    fi
  done < <(command hookcli completion "--at=$cur" \${asked[@]+"\${asked[@]}"} 2>/dev/null)
  case $kind in
    open) compopt -o nospace 2>/dev/null ;;
    files | folders)
      if [[ $rest == "$prefix" ]]; then
        [[ $kind == files ]] && compopt -o default 2>/dev/null || compopt -o dirnames 2>/dev/null
      else
        # Quoted here: readline would quote the @, too.
        word=\${cur#"$rest"}
        while IFS= read -r line; do
          printf -v word %q "$line"
          [[ -d $line ]] && word+=/ && compopt -o nospace 2>/dev/null
          word=$rest$word
          COMPREPLY+=("\${word#"$prefix"}")
        done < <(compgen -f -- "\${word//\\\\/}")
      fi
      ;;
  esac
}
if ((BASH_VERSINFO[0] >= 4)); then
  complete -F _hookcli hookcli
else
  complete -o default -F _hookcli hookcli
fi
`;
