// Package tap prints the results of a test program as TAP.
package tap

import (
	"fmt"
	"os"
	"strings"
)

var count, failed int

// OK prints one result; why is shown when it failed.
func OK(good bool, title string, why ...any) bool {
	count++
	if good {
		fmt.Printf("ok %d - %s\n", count, title)
		return true
	}
	failed++
	fmt.Printf("not ok %d - %s\n", count, title)
	if len(why) > 0 {
		text := fmt.Sprint(why...)
		if len(text) > 2000 {
			text = text[:2000] + " ..."
		}
		fmt.Println("# " + strings.ReplaceAll(text, "\n", "\n# "))
	}
	return false
}

// Nil is OK(err == nil).
func Nil(err error, title string) bool {
	return OK(err == nil, title, err)
}

// Equal is OK(got == want).
func Equal[T comparable](got, want T, title string) bool {
	return OK(got == want, title, "got ", got, ", expected ", want)
}

// Bail ends the program: nothing can be said about the rest.
func Bail(why ...any) {
	fmt.Println("Bail out! " + fmt.Sprint(why...))
	os.Exit(1)
}

// Done prints the plan and ends the program.
func Done() {
	fmt.Printf("1..%d\n", count)
	if failed > 0 {
		os.Exit(1)
	}
	os.Exit(0)
}
