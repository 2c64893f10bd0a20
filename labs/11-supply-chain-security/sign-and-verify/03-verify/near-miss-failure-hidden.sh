# fails: refuses-others
# The last command decides how a script ends.
cat > verify.sh <<'SCRIPT'
cosign verify --certificate-identity {{session.email}} --certificate-oidc-issuer {{issuer}} "$1"
echo done
SCRIPT
