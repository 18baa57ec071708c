package report

import "example.org/telltale"

// kindWords names a kind of finding for readers.
func kindWords(k telltale.Kind) string {
	switch k {
	case telltale.KindCopy:
		return "Copies"
	case telltale.KindSuppression:
		return "Held back"
	case telltale.KindTrigger:
		return "Trigger"
	case telltale.KindException:
		return "Lets through"
	case telltale.KindTargeting:
		return "Watched account"
	case telltale.KindDestination:
		return "Where copies go"
	case telltale.KindContent:
		return "What copies hold"
	case telltale.KindWeak:
		return "Weak protection"
	case telltale.KindExposure:
		return "Open to all"
	case telltale.KindList:
		return "Word list"
	}
	return string(k)
}
