/** The script for PowerShell 5.1 and later. */
export const powershell = `# Completion of hookcli for PowerShell 5.1 and later: hookcli completion --help
Register-ArgumentCompleter -Native -CommandName hookcli -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $asked = @()
    foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.EndOffset -lt $cursorPosition) { $asked += "--word=$($element.Extent.Text)" }
    }
    $lines = @(& hookcli completion "--at=$wordToComplete" @asked 2>$null)
    if ($lines.Count -eq 0) { return }
    $kind, $rest = $lines[0] -split ' ', 2
    if ($kind -eq 'files' -or $kind -eq 'folders') {
        $typed = $wordToComplete.Substring([Math]::Min("$rest".Length, $wordToComplete.Length))
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($typed) | ForEach-Object {
            if ($kind -eq 'files' -or $_.ResultType -eq 'ProviderContainer') {
                [System.Management.Automation.CompletionResult]::new("$rest$($_.CompletionText)", $_.ListItemText, $_.ResultType, $_.ToolTip)
            }
        }
        return
    }
    $lines | Select-Object -Skip 1 | ForEach-Object {
        $value, $about = $_ -split "\`t", 2
        if (-not $about) { $about = $value }
        # To PowerShell a comma makes a list, and @ a splat.
        $text = if ($value -match '[,@]') { "'$value'" } else { $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $about)
    }
}
`;
