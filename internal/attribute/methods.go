package attribute

import (
	"strings"

	"example.org/telltale"
)

// The methods that findings name. One that rests on several names them all,
// with methodsSep between.
const (
	methodCanary      = "canary found in decoded bytes that left for a host outside the channel"
	methodWords       = "exact permutation test within blocks and Fisher's exact test for each word, Holm's correction"
	methodFisher      = "Fisher's exact test between accounts, Holm's correction"
	methodArrive      = "share of harmless messages that arrive"
	methodCertificate = "certificate: the words react, none can be left out, checked against what was typed and what came of it"
	methodSurvey      = "survey: certificate, and Fisher's exact test of fresh messages with the words alone against harmless ones of the same way, Holm's correction"
	methodTraffic     = "traffic per host after each message, tested words against matched harmless ones: permutation within blocks, pooled and by repetition of the same word, Holm's correction"
	methodList        = "fetched answers that decode to lines, tied to the app by its key or by words that react"
	methodFields      = "names of the accounts as whole fields, and dates near the time of sending, in the decoded copies"
	methodCoats       = "path of coats that had to be taken off, and where the key was found"
	methodBlocks      = "equal blocks of ciphertext in messages that could not be opened"
	methodExposure    = "GET requests, within the scope, under paths that the app itself had used"

	methodsSep = "; "
)

// Methods lists the methods that findings can rest on, as a plan names them:
// each with its version behind it in brackets.
func Methods() []string {
	methods := []string{
		methodCanary, methodWords, methodFisher, methodArrive, methodCertificate, methodSurvey,
		methodTraffic, methodList, methodFields, methodCoats, methodBlocks, methodExposure,
	}
	for i := range methods {
		methods[i] = planned(methods[i], telltale.Version)
	}
	return methods
}

// MethodsOf lists the methods that a finding rests on, as [Methods] does.
func MethodsOf(f telltale.Finding) []string {
	methods := strings.Split(f.Method, methodsSep)
	for i := range methods {
		methods[i] = planned(methods[i], f.Version)
	}
	return methods
}

func planned(method, version string) string { return method + " (" + version + ")" }
