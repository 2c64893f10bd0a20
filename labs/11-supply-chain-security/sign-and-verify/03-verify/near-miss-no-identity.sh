# fails: accepts-yours
# cosign refuses to verify when nobody is named.
echo 'cosign verify "$1"' > verify.sh
