# For every interactive shell.
[ -z "$PS1" ] && return
shopt -s checkwinsize histappend
PS1='learner@lab:\w\$ '
HISTSIZE=10000
HISTFILESIZE=10000
# A shell that is cut off keeps what was typed.
PROMPT_COMMAND='history -a'
if [ -z "${NO_COLOR:-}" ]; then
  alias ls='ls --color=auto' grep='grep --color=auto'
fi
alias ll='ls -l' k=kubectl
. /usr/share/bash-completion/bash_completion
complete -o default -F __start_kubectl k
