module example.org/telltale

go 1.26
