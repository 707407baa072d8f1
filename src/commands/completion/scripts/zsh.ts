/** The script for zsh. */
export const zsh = `#compdef hookcli
# Completion of hookcli for zsh: hookcli completion --help
_hookcli() {
  emulate -L zsh
  local line kind rest value about suffix
  local -i width=0
  local -a asked lines found shown options
  asked=("\${(@)words[2,CURRENT-1]/#/--word=}")
  ((CURRENT > 2)) || asked=()
  lines=("\${(@f)$(command hookcli completion "--at=$PREFIX" "\${(@)asked}" 2>/dev/null)}")
  kind=\${lines[1]%% *}
  rest=\${\${lines[1]#"$kind"}# }
  case $kind in
    files | folders)
      [[ -n $rest ]] && compset -P "\${(b)rest}"
      if [[ $kind == files ]]; then _files; else _files -/; fi
      return
      ;;
    open) options=(-S '') ;;
    values) ;;
    *) return 1 ;;
  esac
  for line in "\${(@)lines[2,-1]}"; do
    value=\${line%%$'\\t'*}
    found+=("$value")
    ((\${#value} > width)) && width=\${#value}
  done
  for line in "\${(@)lines[2,-1]}"; do
    value=\${line%%$'\\t'*}
    about=\${line#"$value"}
    about=\${about#$'\\t'}
    if [[ -n $about ]]; then
      shown+=("\${(r:$width:)value}  -- $about")
      options+=(-l)
    else
      shown+=("$value")
    fi
  done
  compadd "\${(@u)options}" -V hookcli -d shown -a found
}
if [[ $funcstack[1] == _hookcli ]]; then
  _hookcli "$@"
else
  (($+functions[compdef])) || { autoload -Uz compinit && compinit }
  compdef _hookcli hookcli
fi
`;
