package main

import (
	"strings"
	"testing"
)

func TestKeysFromArchivesOpenMessages(t *testing.T) {
	t.Parallel()
	archive, message, _ := inArchive(t)
	code, out := tell("peel", "--json", "--find", "hello kvqzjxmn", "--keys-from", archive, message)
	if code != exitFound || !strings.Contains(out, `app.apk!/lib/inner.jar!/K.class`) {
		t.Errorf("exit code %d\n%s", code, out)
	}
}
