/** The script for fish 3 and later. */
export const fish = `# Completion of hookcli for fish 3 and later: hookcli completion --help
function __hookcli_complete
    command -q hookcli
    or return
    set -l words (commandline -opc)
    set -e words[1]
    set -l cur (commandline -ct)
    set -l lines (command hookcli completion --at="$cur" --word=$words 2>/dev/null)
    test (count $lines) -gt 0
    or return
    set -l first (string split -m 1 ' ' -- $lines[1])
    set -e lines[1]
    set -l rest $first[2]
    set -l typed (string sub -s (math (string length -- "$rest") + 1) -- "$cur")
    switch $first[1]
        case files
            for path in (__fish_complete_path "$typed")
                printf '%s%s\\n' "$rest" "$path"
            end
        case folders
            for path in (__fish_complete_directories "$typed" '')
                printf '%s%s\\n' "$rest" "$path"
            end
        case '*'
            test (count $lines) -gt 0
            and printf '%s\\n' $lines
    end
end
complete -c hookcli -e
complete -c hookcli -k -f -a '(__hookcli_complete)'
`;
