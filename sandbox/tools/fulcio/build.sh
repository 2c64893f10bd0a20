build-tool fulcio github.com/sigstore/fulcio
