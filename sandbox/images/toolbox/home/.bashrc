# Yours to change; what every shell does is in /etc/bash.bashrc.
