package survey_test

import "example.org/telltale/internal/isolate/survey"

func refuse(l law) law { l.effects, l.decides = append(l.effects, "refused"), true; return l }
func drop(l law) law   { l.effects, l.decides = append(l.effects, survey.Dropped), true; return l }
func end(l law) law    { l.effects, l.decides = append(l.effects, survey.Ended), true; return l }
func copied(to string, l law) law {
	l.effects = append(l.effects, survey.CopyPrefix+to)
	return l
}
func rewrite(to string, l law) law {
	l.effects, l.swap = append(l.effects, survey.Altered), to
	return l
}
func all(words ...string) law     { return law{parts: one(words...), letters: survey.CaseExact} }
func (l law) fold() law           { l.letters = survey.CaseFolded; return l }
func (l law) bound() law          { l.word = true; return l }
func (l law) list() law           { l.listed = true; return l }
func (l law) but(w ...string) law { l.unless = w; return l }
func (l law) spare() law          { l.spared = true; return l }

// stanzas is a server that judges the bytes of a message, first decision wins.
func stanzas() []law {
	return []law{
		refuse(all("porridge")),
		refuse(all("green", "magpie")),
		drop(all("south", "canal", "sunrise")),
		drop(law{parts: one("buzzard"), letters: survey.CaseFirst, word: true}),
		drop(all("badger").but("farm")),
		copied("warden", all("cardamom")),
		copied("warden", all("hawthorn")),
		drop(copied("warden", all("persimmon"))),
		refuse(all("basalt")),
		{parts: one("parsnip"), letters: survey.CaseExact, effects: []string{survey.Altered}, whole: "(removed)"},
		drop(all("样例子一")),
		refuse(all("样例子二", "样例子三")),
	}
}

// platforms are shaped like systems in use.
func platforms() []world {
	chat := world{name: "irc", maxLen: 400, laws: []law{
		refuse(copied("operators", all("porridge").fold())),
		refuse(copied("operators", all("green", "magpie").fold())),
		refuse(copied("operators", all("silver", "candle").fold().list())),
		refuse(all("buzzard").fold()),
		copied("operators", all("badger").fold()),
		end(copied("operators", all("hedgehog stew").fold())),
		refuse(copied("operators", all("样例子一"))),
		refuse(copied("operators", all("样例子二", "样例子三").list())),
		rewrite("courgette", all("zucchini").fold()),
		refuse(all("parsnip soup").fold()),
		rewrite("***", all("калина")),
	}}
	mail := world{name: "smtp", except: []string{"harvest fair"}, laws: []law{
		refuse(all("porridge").fold()),
		refuse(all("green", "magpie/magpies").fold().bound()),
		{parts: one("south", "colour/color", "sunrise"), letters: survey.CaseExact, effects: []string{"refused"}, decides: true},
		drop(all("buzzard").fold().bound()),
		refuse(all("样例子一").spare()),
		drop(all("样例子二", "样例子三").spare()),
		refuse(all("калина").fold().spare()),
		copied("log.example.test", all("badger").bound().spare()),
		copied("log.example.test", all("cardamom", "hawthorn").fold().spare()),
	}}
	// The copies are posted before it is decided.
	mail.laws = append(mail.laws[7:], mail.laws[:7]...)
	spy := world{name: "spy", maxLen: 400, laws: []law{
		copied("log.example.test", all("porridge").fold()),
		copied("log.example.test", all("green", "magpie").fold()),
		copied("log.example.test", all("样例子一", "样例子二")),
		copied("log.example.test", all("harbour", "пристань").fold()),
		drop(copied("log.example.test", all("buzzard").fold())),
		drop(copied("log.example.test", all("south", "sunrise").fold())),
		drop(copied("log.example.test", all("样例子三"))),
	}}
	page := world{name: "page", except: []string{"harvest fair"}, laws: append([]law{
		copied("log.example.test", all("badger").fold().spare()),
		copied("log.example.test", all("cardamom", "hawthorn").fold().spare()),
		copied("log.example.test", all("样例子四", "样例子五").spare()),
	}, stanzas()...)}
	board := world{name: "board", laws: []law{
		rewrite("jam", all("porridge").fold().bound()),
		rewrite("***", all("样例子二")),
		rewrite("***", all("калина")),
		drop(all("silver", "candle")),
		drop(law{parts: one("buzzard"), letters: survey.CaseFolded, word: true, unless: []string{"farm"}, after: true}),
	}}
	search := world{name: "search", laws: []law{
		refuse(all("vermilion").fold()), refuse(all("样例子一")), refuse(all("green", "magpie").fold()),
	}}
	return []world{chat, {name: "xmpp", except: []string{"harvest fair"}, laws: stanzas()}, mail, spy, page, board, search}
}
