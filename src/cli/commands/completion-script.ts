const scripts = {
  bash: `# Tagboat completion for bash: source <(tagboat completion bash)
_tagboat() {
  # Split at spaces only: bash's own words break at the colons of references.
  local line="\${COMP_LINE:0:COMP_POINT}" words=() cur candidate
  read -ra words <<<"$line"
  [[ "$line" == *' ' ]] && words+=("")
  cur="\${words[\${#words[@]}-1]}"
  COMPREPLY=()
  while IFS= read -r candidate; do
    # What stands before a colon is on the line already, and bash completes what follows it.
    [[ "$cur" == *:* && "$COMP_WORDBREAKS" == *:* ]] && candidate="\${candidate#"\${cur%:*}:"}"
    COMPREPLY+=("$candidate")
  done < <(tagboat __complete "\${words[@]:1}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == */ ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -o default -F _tagboat tagboat
`,
  zsh: `#compdef tagboat
# Tagboat completion for zsh: source <(tagboat completion zsh)
_tagboat() {
  local -a candidates
  candidates=("\${(@f)$(tagboat __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=(\${candidates:#})
  (( \${#candidates} )) || { _files; return }
  local -a folders=(\${(M)candidates:#*/}) others=(\${candidates:#*/})
  (( \${#folders} )) && compadd -S '' -- $folders
  (( \${#others} )) && compadd -- $others
}
compdef _tagboat tagboat
`,
  fish: `# Tagboat completion for fish: tagboat completion fish > ~/.config/fish/completions/tagboat.fish
function __tagboat_complete
    set -l words (commandline -opc)
    tagboat __complete $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c tagboat -f -a '(__tagboat_complete)'
complete -c tagboat -l ca-file -r -F
complete -c tagboat -l client-cert -r -F
complete -c tagboat -l client-key -r -F
`,
} as const;

/** A script for the shell's start-up file. It asks this program for candidates, so it never grows old. */
export function completionScript(shell: keyof typeof scripts): string {
  return scripts[shell];
}
