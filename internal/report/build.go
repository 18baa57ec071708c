package report

import (
	"reflect"

	"example.org/telltale"
)

// Build derives the view of a case. It is pure but for reading blobs.
func Build(in Input) (View, error) {
	x, err := in.index()
	if err != nil {
		return View{}, err
	}
	v := View{
		Version: SchemaVersion, Language: x.Lang(),
		Program: "telltale " + telltale.Version,
		Case:    in.Record.Scenario.Name,
		Subject: x.subject(),
		Matrix:  x.labelled(x.matrix()),
	}
	if in.Reference != nil && in.Reference.Record != nil {
		v.Reference = x.labelled(Matrix(in.Reference.Record))
	}
	x.evidenceOf(&v, in)
	x.drawn(&v)
	v.Methods, v.Plan = x.methods(), x.plan(in)
	v.Verify = x.verify(in.Seal)
	v.Glossary = x.glossary()
	sanitise(reflect.ValueOf(&v).Elem())
	return v, nil
}

// evidenceOf fills in what was found and what it rests on.
func (x *index) evidenceOf(v *View, in Input) {
	v.MatrixNotes = x.matrixNotes()
	v.Triggers, v.MoreTriggers = x.triggers()
	v.Exceptions = x.exceptions()
	v.Opened = x.opened(in)
	v.Collectors, v.MoreCollectors = x.collectors()
	v.Hosts, v.MoreHosts = x.hosts()
	v.Lists = x.lists(in)
	v.Coverage = x.coverage()
	v.Findings, v.MoreFindings = x.findings(v.Coverage.Blind)
	v.Answer = x.answer(in)
	v.Numbers = x.numbers(*v)
}

// drawn makes the drawings, which follow from the rest.
func (x *index) drawn(v *View) {
	v.Picture = x.picture(*v)
	v.Effects = x.effects(v.Findings)
	v.Timeline = x.timeline()
}
