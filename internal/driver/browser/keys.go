package browser

import (
	"context"
	"strings"
	"unicode"
)

// key is a key of a keyboard as the protocol wants it.
type key struct {
	code string
	vk   int
	text string
}

// named are the keys that have names.
func named() map[string]key {
	return map[string]key{
		"Enter": {"Enter", 13, "\r"}, "Tab": {"Tab", 9, ""}, "Escape": {"Escape", 27, ""}, "Backspace": {"Backspace", 8, ""},
		"Delete": {"Delete", 46, ""}, "Home": {"Home", 36, ""}, "End": {"End", 35, ""}, "PageUp": {"PageUp", 33, ""}, "PageDown": {"PageDown", 34, ""},
		"ArrowLeft": {"ArrowLeft", 37, ""}, "ArrowUp": {"ArrowUp", 38, ""}, "ArrowRight": {"ArrowRight", 39, ""}, "ArrowDown": {"ArrowDown", 40, ""},
		"Shift": {"ShiftLeft", 16, ""}, "Control": {"ControlLeft", 17, ""}, "Alt": {"AltLeft", 18, ""}, "Meta": {"MetaLeft", 91, ""},
	}
}

const (
	plainMarks = "`-=[]\\;',./"
	shiftMarks = "~_+{}|:\"<>?"
	digitMarks = ")!@#$%^&*("
)

// onKeyboard is the key of a character on a US keyboard.
func onKeyboard(r rune) (k key, shift, ok bool) {
	codes := []string{"Backquote", "Minus", "Equal", "BracketLeft", "BracketRight", "Backslash", "Semicolon", "Quote", "Comma", "Period", "Slash"}
	vks := []int{192, 189, 187, 219, 221, 220, 186, 222, 188, 190, 191}
	k.text = string(r)
	switch {
	case r == ' ':
		k.code, k.vk = "Space", 32
	case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
		upper := unicode.ToUpper(r)
		k.code, k.vk, shift = "Key"+string(upper), int(upper), r == upper
	case r >= '0' && r <= '9':
		k.code, k.vk = "Digit"+string(r), int(r)
	case r > 0x7e:
		return k, false, false
	case strings.ContainsRune(digitMarks, r):
		d := strings.IndexRune(digitMarks, r)
		k.code, k.vk, shift = "Digit"+string(rune('0'+d)), '0'+d, true
	default:
		i := strings.IndexRune(plainMarks, r)
		if shift = i < 0; shift {
			i = strings.IndexRune(shiftMarks, r)
		}
		if i < 0 {
			return k, false, false
		}
		k.code, k.vk = codes[i], vks[i]
	}
	return k, shift, true
}

// modifiers are the bits of the protocol.
func modifiers() map[string]int {
	return map[string]int{"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}
}

// chord splits a key with modifiers, as in Control+Enter.
func chord(name string) (k key, label string, mods int, ok bool) {
	parts := strings.Split(name, "+")
	label = parts[len(parts)-1]
	if strings.HasSuffix(name, "++") || name == "+" {
		label, parts = "+", strings.Split(strings.TrimSuffix(name, "+"), "+")
	}
	for _, m := range parts[:len(parts)-1] {
		if modifiers()[m] == 0 {
			return key{}, "", 0, false
		}
		mods |= modifiers()[m]
	}
	if k, ok = named()[label]; ok {
		return k, label, mods, true
	}
	runes := []rune(label)
	if len(runes) != 1 {
		return key{}, "", 0, false
	}
	k, shift, ok := onKeyboard(runes[0])
	if shift {
		mods |= modifiers()["Shift"]
	}
	return k, label, mods, ok
}

func known(name string) bool { _, _, _, ok := chord(name); return ok }

// press presses and releases a key.
func (s *session) press(ctx context.Context, name string) error {
	k, label, mods, ok := chord(name)
	if !ok {
		return nil
	}
	if err := s.keyEvent(ctx, k, label, mods, true); err != nil {
		return err
	}
	return s.keyEvent(ctx, k, label, mods, false)
}

func (s *session) keyEvent(ctx context.Context, k key, label string, mods int, down bool) error {
	return s.c.call(ctx, "Input.dispatchKeyEvent", keyArguments(k, label, mods, down), nil)
}

func keyArguments(k key, label string, mods int, down bool) arguments {
	a := arguments{"type": "keyUp", "key": label, "code": k.code, "windowsVirtualKeyCode": k.vk, "modifiers": mods}
	if !down {
		return a
	}
	a["type"] = "rawKeyDown"
	if k.text != "" && mods&^modifiers()["Shift"] == 0 {
		a["type"], a["text"], a["unmodifiedText"] = "keyDown", k.text, k.text
	}
	return a
}
