# Shared by the scripts of the Action. Bash 3.2, which macOS has, must be able to run them all.
# shellcheck shell=bash

# Escapes the message of a workflow command.
escape() {
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  printf '%s' "$text"
}

notice() {
  printf '::notice title=Aegis::%s\n' "$(escape "$1")"
}

# Ends the step with an error that is also seen in the summary.
fail() {
  printf '::error title=Aegis::%s\n' "$(escape "$1")"
  if [[ -n ${GITHUB_STEP_SUMMARY-} ]]; then
    # Indented, so that nothing in it is Markdown.
    {
      printf '## Aegis gate failed\n\n'
      printf '%s\n' "$1" | sed 's/^/    /'
    } >>"$GITHUB_STEP_SUMMARY"
  fi
  exit 2
}

# Paths of Windows as the tools of Git for Windows write them; others as they are.
unix_path() {
  if command -v cygpath >/dev/null; then
    cygpath -u -- "$1"
  else
    printf '%s\n' "$1"
  fi
}

# Paths as programs of Windows take them too; others as they are.
native_path() {
  if command -v cygpath >/dev/null; then
    cygpath -m -- "$1"
  else
    printf '%s\n' "$1"
  fi
}

# Random hexadecimal digits.
random_word() {
  od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# Sets an output of the step: $1 is its name, $2 its value.
output() {
  local end
  end=aegis_$(random_word)
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >>"$GITHUB_OUTPUT"
}
