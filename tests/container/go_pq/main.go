// A Go program as its driver's documentation has it: lib/pq asks for TLS unless it is told otherwise.
package main

import (
	"database/sql"
	"fmt"
	"log"
	"net/http"
	"os"

	_ "github.com/lib/pq"
)

func main() {
	database, err := sql.Open("postgres", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	if len(os.Args) > 1 && os.Args[1] == "migrate" {
		var encrypted bool
		row := database.QueryRow("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
		if err := row.Scan(&encrypted); err != nil {
			log.Fatal(err)
		}
		if _, err := database.Exec("CREATE TABLE IF NOT EXISTS orders (id integer)"); err != nil {
			log.Fatal(err)
		}
		fmt.Println("migrated, encrypted:", encrypted)
		return
	}
	http.HandleFunc("/ready", func(answer http.ResponseWriter, _ *http.Request) {
		var orders int
		if err := database.QueryRow("SELECT count(*) FROM orders").Scan(&orders); err != nil {
			http.Error(answer, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(answer, orders, "orders")
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
